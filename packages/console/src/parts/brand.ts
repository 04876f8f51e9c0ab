export const ICON_URL = new URL('../icon.svg', import.meta.url).href
