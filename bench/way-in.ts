/** Where webhooks come in; requests go round the paths. */
export interface WayIn {
  readonly port: number
  readonly paths: readonly string[]
  readonly secret: string
}
