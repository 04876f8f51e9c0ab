import type { PosthornApiError } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { type SessionInfo, signIn } from '../../data/sign-in.ts'
import { ICON_URL } from '../../parts/brand.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Note, Problem } from '../../parts/note.tsx'

interface SignInProps {
  /** Why nobody is signed in, where there is something to say. */
  readonly why: string | null
  readonly onSignedIn: (session: SessionInfo) => void
}

export function SignIn({ why, onSignedIn }: SignInProps): ReactElement {
  const [key, setKey] = useState('')
  const [error, setError] = useState<PosthornApiError | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      onSignedIn(await signIn(key.trim()))
    } catch (thrown) {
      setError(thrown as PosthornApiError)
    } finally {
      setBusy(false)
    }
  }
  return (
    <main className="center">
      <form className="sign-in" onSubmit={submit}>
        <div className="line">
          <img src={ICON_URL} alt="" width="32" height="32" />
          <h1>Sign in to Posthorn</h1>
        </div>
        {error ? <Problem error={error} /> : why !== null && <Note>{why}</Note>}
        <TextField
          label="API key"
          type="password"
          autoComplete="off"
          mono
          required
          autoFocus
          value={key}
          onValue={setKey}
          hint="The key goes to this server once, and becomes a session that ends by itself."
        />
        <Button look="primary" type="submit" busy={busy}>
          Sign in
        </Button>
        <p className="small muted">
          No key? Whoever runs this server makes one with <code>posthorn keys create</code>.
        </p>
      </form>
    </main>
  )
}
