import { type ReactElement, useEffect } from 'react'

export type ShutReason = 'nobody' | 'ended' | 'left'

const TITLES: Readonly<Record<ShutReason, string>> = {
  nobody: 'This page needs a link',
  ended: 'Your visit has ended',
  left: 'You have left',
}

const WORDS: Readonly<Record<ShutReason, string>> = {
  nobody:
    'It opens by a link, which works once. Where that has just been used, the browser may keep no cookies for this page: allow them, or open it in a tab of its own.',
  ended: 'It was for a limited time, or nobody did anything for a while. Nothing that you saved is lost.',
  left: 'Nobody can go on from here with your visit.',
}

/** Why nothing is shown, and what to do. */
export function Shut({ reason }: { reason: ShutReason }): ReactElement {
  useEffect(() => {
    document.title = TITLES[reason]
  }, [reason])
  return (
    <main className="center">
      <div className="sign-in">
        <h1>{TITLES[reason]}</h1>
        <p>{WORDS[reason]}</p>
        <p className="muted">Go back to where you found it, and open it from there again.</p>
      </div>
    </main>
  )
}
