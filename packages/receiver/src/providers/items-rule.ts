import type { FieldTerm } from './field-term.ts'

/** Where the items of a batch are, and what each of them becomes. */
export interface ItemsRule {
  /**
   * Paths of lists in the JSON body, the first that is there; `[]` is the body itself. For envelopes `*` steps into each
   * of a list, and `a|b` into both, one after the other.
   */
  readonly paths: readonly (readonly string[])[]
  /**
   * `exact`: the item's bytes as they were sent. `envelope`: JSON written anew, the whole body with this item alone in
   * its list, for items that cannot be understood without what stands round them.
   */
  readonly bytes: 'exact' | 'envelope'
  /** In the item; `exact` and `envelope` alike. */
  readonly id: readonly FieldTerm[]
  readonly type: readonly FieldTerm[]
}
