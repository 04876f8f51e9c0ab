/** Whether a subscription takes a type: `*`, the type itself, or a category such as `user.*`. */
export function takes(filters: readonly string[], type: string): boolean {
  return filters.some(
    (filter) =>
      filter === '*' || filter === type || (filter.endsWith('.*') && type.startsWith(filter.slice(0, -1))),
  )
}
