/** The typed functions of the demo receiver: the part of GitHub's payloads that they read. */
interface Repository {
  readonly full_name: string
}

interface GithubEvents {
  'issues.opened': {
    readonly issue: { readonly number: number; readonly title: string }
    readonly repository: Repository
  }
  push: { readonly ref: string; readonly commits: readonly unknown[]; readonly repository: Repository }
  'pull_request.opened': {
    readonly number: number
    readonly pull_request: { readonly title: string }
    readonly repository: Repository
  }
  'release.published': { readonly release: { readonly tag_name: string }; readonly repository: Repository }
  'star.created': { readonly sender: { readonly login: string }; readonly repository: Repository }
  fork: { readonly forkee: Repository; readonly repository: Repository }
}

type Handlers = { readonly [T in keyof GithubEvents]: (data: GithubEvents[T]) => string }

/** One function a type, each with the type of its data; what they return is what the narration tells. */
const HANDLERS: Handlers = {
  'issues.opened': ({ issue, repository }) =>
    `${repository.full_name} has a new issue #${issue.number}: ${issue.title}`,
  push: ({ ref, commits, repository }) => `${commits.length} commits on ${ref} of ${repository.full_name}`,
  'pull_request.opened': ({ number, pull_request, repository }) =>
    `${repository.full_name} has a new pull request #${number}: ${pull_request.title}`,
  'release.published': ({ release, repository }) => `${repository.full_name} released ${release.tag_name}`,
  'star.created': ({ sender, repository }) => `${sender.login} gave ${repository.full_name} a star`,
  fork: ({ forkee, repository }) => `${repository.full_name} was forked as ${forkee.full_name}`,
}

/** @param payload the body: `{ type, timestamp, data }`, verified */
export function handleEvent(type: string, payload: unknown): string {
  const { data } = (payload ?? {}) as { data?: unknown }
  const handler = isKnown(type) ? (HANDLERS[type] as (data: unknown) => string) : null
  if (handler === null) return `no function for this type: acknowledged; data ${short(data)}`
  try {
    return handler(data)
  } catch {
    // Somebody published other data under the type of a sample.
    return `the data is not GitHub's: ${short(data)}`
  }
}

function isKnown(type: string): type is keyof GithubEvents {
  return Object.hasOwn(HANDLERS, type)
}

const SHOWN_CHARS = 80

function short(data: unknown): string {
  const text = JSON.stringify(data) ?? 'none'
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text
}
