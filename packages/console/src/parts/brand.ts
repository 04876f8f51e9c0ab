export const ICON_URL = new URL('../icon.svg', import.meta.url).href

/** Where a tenant's own users are. */
export const PORTAL_PATH = '/portal'
