/** What the keyboard does everywhere: `/` searches, `j` and `k` go through a list, Ctrl-K opens the palette. */
import { useEffect } from 'react'

export function useKeys(openPalette: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]')) return
      if (event.key === '/') search(event, openPalette)
      if (event.key === 'j') step(event, 1)
      if (event.key === 'k') step(event, -1)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [openPalette])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"]), textarea, select')
}

function search(event: KeyboardEvent, openPalette: () => void): void {
  event.preventDefault()
  const field = document.querySelector<HTMLInputElement>('main [data-search]')
  if (field === null) openPalette()
  else field.focus()
}

function step(event: KeyboardEvent, by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main .row-link')]
  if (links.length === 0) return
  event.preventDefault()
  const row = document.activeElement?.closest('.list-row')
  const at = links.findIndex((link) => link.closest('.list-row') === row)
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: 'nearest' })
}
