import type { ReactElement } from 'react'

/** Strokes on a grid of 16. */
const PATHS = {
  overview: 'M2 13V9m4 4V4m4 9V7m4 6V2',
  subscription: 'M2 8h7m0 0L6 5m3 3-3 3M11 3h3v10h-3',
  event: 'M9 1 3 9h4l-1 6 6-8H8z',
  delivery: 'M1.5 8 14 2l-4 12-2.5-5z',
  dead: 'M8 1.5 15 14H1zM8 6v4m0 2v.1',
  source: 'M14 8H7m0 0 3-3M7 8l3 3M5 3H2v10h3',
  type: 'M2 4h12M2 8h12M2 12h7',
  tenant: 'M2 14V5l6-3 6 3v9M6 14v-4h4v4',
  key: 'M10 6a3 3 0 1 1-1.2-2.4M8.9 8.1 14 13m-2-2-1.5 1.5',
  audit: 'M4 1.5h6l3 3v10H4zM6 7h5M6 10h5',
  alert: 'M4 7a4 4 0 0 1 8 0v3l1.5 2h-11L4 10zM6.5 14.5h3',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm3.6-1.4L14 14',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3 3l10 10M13 3 3 13',
  copy: 'M5 5V2h9v9h-3M2 5h9v9H2z',
  theme: 'M8 1.5A6.5 6.5 0 1 0 14.5 8 5 5 0 0 1 8 1.5z',
  more: 'M2.5 8h1M7.5 8h1M12.5 8h1',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-6 6c.5-3 3-4 6-4s5.5 1 6 4',
  replay: 'M2.5 8a5.5 5.5 0 1 1 1.8 4M2.5 13V9.5H6',
  play: 'M4 2.5v11l9-5.5z',
  pause: 'M5 3v10M11 3v10',
  plus: 'M8 3v10M3 8h10',
  send: 'M1.5 8 14 2l-4 12-2.5-5z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
