import { readFileSync } from 'node:fs'

/** Recorded payloads; where they come from stands beside them. The name is the event type. */
export const SAMPLES = {
  'issues.opened': 'an issue was opened on GitHub',
  push: 'commits were pushed to GitHub',
  'pull_request.opened': 'a pull request was opened on GitHub',
  'release.published': 'a release was published on GitHub',
  'star.created': 'somebody gave a repository a star on GitHub',
  fork: 'a repository was forked on GitHub',
} as const

export type SampleName = keyof typeof SAMPLES

export const SAMPLE_NAMES = Object.keys(SAMPLES) as SampleName[]

/** The payload's text, byte for byte. */
export function sampleText(name: SampleName): string {
  return readFileSync(new URL(`./samples/${name}.json`, import.meta.url), 'utf8').trimEnd()
}
