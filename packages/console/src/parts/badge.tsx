import type { ReactElement } from 'react'

export type Tone = 'good' | 'warn' | 'bad' | 'idle'

export function Badge({ tone, children }: { tone: Tone; children: string }): ReactElement {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  )
}

/** How each word of the API is felt: states, outcomes, verdicts. */
const TONES: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  success: 'good',
  accepted: 'good',
  done: 'good',
  active: 'good',
  pending: 'warn',
  retry: 'warn',
  running: 'warn',
  redelivered: 'warn',
  dead: 'bad',
  fatal: 'bad',
  refused: 'bad',
}

export function toneOf(word: string): Tone {
  return TONES[word] ?? 'idle'
}

export function StateBadge({ state }: { state: string }): ReactElement {
  return <Badge tone={toneOf(state)}>{state}</Badge>
}
