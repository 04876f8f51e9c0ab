/** As `UpkeepStore.prune` takes it. */
export interface PruneRequest {
  readonly before: number
  readonly now: number
  readonly limit: number
}
