import assert from 'node:assert/strict'

/** Fails with one line a finding, which is what somebody has to read and repair. */
export function assertNone(findings: readonly string[]): void {
  if (findings.length > 0) assert.fail(`${findings.length} to repair:\n${findings.join('\n')}`)
}
