import { remember, remembered } from './storage.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function currentTheme(): Theme {
  const theme = remembered('theme')
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  remember('theme', theme === 'system' ? null : theme)
  showTheme(theme)
}

/**
 * As whoever made a link to the portal wants it; nothing of it is remembered. Set on the element by script, which the
 * policy allows: a style in the text of the page it does not.
 * @param tokens of `styles/tokens.css`, by name
 */
export function wearTheme(theme: Theme, tokens: Readonly<Record<string, string>>): void {
  showTheme(theme)
  const { style } = document.documentElement
  for (const [name, value] of Object.entries(tokens)) style.setProperty(name, value)
}
