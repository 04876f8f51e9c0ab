import type { ReactElement } from 'react'
import { Code } from '../../parts/code.tsx'
import { ShownOnce } from '../../parts/once.tsx'

interface SecretShownProps {
  readonly title: string
  /** null: closed. */
  readonly secret: { readonly signing_secret: string; readonly public_key?: string } | null
  readonly onClose: () => void
}

export function SecretShown({ title, secret, onClose }: SecretShownProps): ReactElement {
  return (
    <ShownOnce title={title} secret={secret?.signing_secret ?? null} onClose={onClose}>
      {secret?.public_key && (
        <Code label="Public key, for receivers to verify with" text={secret.public_key} />
      )}
    </ShownOnce>
  )
}
