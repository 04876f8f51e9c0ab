import { type ReactElement, useMemo, useState } from 'react'
import { laidOut } from '../text/raw-json.ts'
import { Button } from './button.tsx'
import { Code } from './code.tsx'

/** Laid out anew, JSON of this size takes a browser less than a tenth of a second. */
const LAID_OUT_CHARS = 1_000_000

interface BodyProps {
  readonly label: string
  /** As it was sent. */
  readonly text: string
  /** The very bytes, where the text is not faithful. */
  readonly base64?: string | null | undefined
}

/** A body as it came; JSON also laid out. */
export function Body({ label, text, base64 }: BodyProps): ReactElement {
  const [form, setForm] = useState<'laid out' | 'as sent' | 'base64'>('laid out')
  const pretty = useMemo(() => prettyOf(text), [text])
  const forms = [
    ...(pretty === null ? [] : (['laid out'] as const)),
    'as sent' as const,
    ...(base64 ? (['base64'] as const) : []),
  ]
  const shown = forms.includes(form) ? form : 'as sent'
  const bodies = { 'laid out': pretty ?? '', 'as sent': text, base64: base64 ?? '' }
  const end = forms.map((one) => (
    <Button key={one} size="small" look="quiet" aria-pressed={one === shown} onClick={() => setForm(one)}>
      {one}
    </Button>
  ))
  return <Code label={label} text={bodies[shown]} end={forms.length > 1 ? end : undefined} />
}

function prettyOf(text: string): string | null {
  if (text.length > LAID_OUT_CHARS || !/^\s*[[{]/.test(text)) return null
  try {
    JSON.parse(text)
    const pretty = laidOut(text)
    return pretty === text ? null : pretty
  } catch {
    return null
  }
}
