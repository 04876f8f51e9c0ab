export function countText(count: number): string {
  return count.toLocaleString('en').replaceAll(',', ' ')
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return plural(bytes, 'byte')
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

/** A share of 0 to 1. Never 100 % while anything failed. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (part / whole) * 100
  if (part < whole && percent > 99.9) return '> 99.9 %'
  return `${percent.toFixed(percent === 100 || percent === 0 ? 0 : 1)} %`
}
