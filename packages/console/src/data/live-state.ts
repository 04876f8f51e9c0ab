/** Whether news come by themselves: `lost` while the server cannot be reached, `off` while nobody listens. */
import { useSyncExternalStore } from 'react'

export type LiveState = 'off' | 'on' | 'lost'

let state: LiveState = 'off'
const listeners = new Set<() => void>()

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function setLiveState(next: LiveState): void {
  if (state === next) return
  state = next
  for (const one of listeners) one()
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(listen, () => state)
}
