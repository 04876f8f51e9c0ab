declare const shape: unique symbol

/** JSON that is already written; `T` is what it says. Answers are sent as it stands. */
export interface JsonText<T> {
  readonly json: string
  readonly [shape]?: T
}

class PreparedJson {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }
}

export function jsonText<T>(json: string): JsonText<T> {
  return new PreparedJson(json) as JsonText<T>
}

export function isJsonText(value: unknown): value is JsonText<unknown> {
  return value instanceof PreparedJson
}
