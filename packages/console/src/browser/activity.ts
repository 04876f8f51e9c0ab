/** Whether somebody is there: a page that asks by itself must not keep a session from ending. */
import { now } from './clock.ts'

const AWAY_MS = 60_000

let touchedAt = now()

for (const kind of ['pointerdown', 'keydown', 'scroll'] as const)
  window.addEventListener(kind, touched, { passive: true, capture: true })

function touched(): void {
  touchedAt = now()
}

export function isAway(): boolean {
  return now() - touchedAt > AWAY_MS
}
