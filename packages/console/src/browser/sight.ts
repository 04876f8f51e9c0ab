/** Whether the tab can be seen. */
export function isSeen(): boolean {
  return document.visibilityState === 'visible'
}

/** Tells each time the tab comes into sight or leaves it; the answer takes it back. */
export function onSight(tell: (seen: boolean) => void): () => void {
  const changed = () => tell(isSeen())
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}
