import type { Diagnosis } from '@posthorn/receiver/doctor'

/** What the doctor found, for people. */
export function diagnosisLines(
  diagnoses: ReadonlyArray<Readonly<Record<keyof Diagnosis, string>>>,
): string[] {
  if (diagnoses.length === 0)
    return [
      '  None of the known mistakes explains it: most likely it was signed with another secret, or by somebody else.',
    ]
  return diagnoses.flatMap(({ cause, detail, remedy }) => [`  ${cause}: ${detail}`, `    ${remedy}`])
}
