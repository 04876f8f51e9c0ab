/** Questions to the server and changes, each by the name of its operation in the contract. */
import {
  keepPreviousData,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import type { ListOperation, OperationId, PosthornApiError, Request, Result, Row } from 'posthorn/client'
import { type LiveState, useLiveState } from './live-state.ts'
import { useClient, useSession } from './session.tsx'

/** How often a page that shows what happens asks again; hidden pages do not. */
export const LIVE_MS = 5000

/** What the stream of news feeds is asked for this seldom: it tells of the newest rows only. */
const FED_MS = 30_000
const FED = new Set<string>([
  ...['listDeliveries', 'listSubscriptionDeliveries', 'listEventDeliveries', 'getDelivery', 'listAttempts'],
  ...['listEvents', 'getOverview', 'getSubscriptionStats', 'listSubscriptions', 'listDeadLetters'],
])

function seldom(operation: string, every: number | false, live: LiveState): number | false {
  return every !== false && live === 'on' && FED.has(operation) ? Math.max(every, FED_MS) : every
}

/** The first page comes again and again; whoever scrolls wants to get on, with as many as the server gives at once. */
const FIRST_ROWS = 100
const MORE_ROWS = 250

/** The types of one operation, wiped: they are checked where it is named. */
type Plain = Record<string, unknown>
type AnyCall = (operation: string, request: Plain) => Promise<unknown>

/** What one tenant has is not what all have. */
function useKeyEnd(): readonly string[] {
  return useSession().everyTenant ? ['every tenant'] : []
}

interface AskOptions<K extends OperationId> {
  readonly enabled?: boolean
  /** Ask again so often; `false` or left out: never. */
  readonly every?: number | false | ((answer: Result<K> | undefined) => number | false)
}

/** Nothing was answered, or nothing that speaks of the question: it may be answered well a moment later. */
export function isAway({ status }: PosthornApiError): boolean {
  return status === 0 || status >= 500
}

/** What keeps a page from being shown. What has come before stays in sight while the server is away. */
export function troubleOf(found: {
  readonly error: PosthornApiError | null
  readonly data: unknown
}): PosthornApiError | null {
  const { error, data } = found
  return error !== null && data !== undefined && isAway(error) ? null : error
}

/** The answer of one operation. */
export function useAsk<K extends OperationId>(
  operation: K,
  request: Request<K>,
  { enabled = true, every = false }: AskOptions<K> = {},
): UseQueryResult<Result<K>, PosthornApiError> {
  const client = useClient()
  const live = useLiveState()
  const keyEnd = useKeyEnd()
  const call = client.call.bind(client) as unknown as AnyCall
  return useQuery<Result<K>, PosthornApiError>({
    queryKey: [operation, request, ...keyEnd],
    queryFn: ({ signal }) => call(operation, { ...request, signal }) as Promise<Result<K>>,
    enabled,
    refetchInterval: (query) =>
      seldom(
        operation,
        typeof every === 'function' ? every(query.state.data as Result<K> | undefined) : every,
        live,
      ),
  })
}

/** The answer, and its very text: a number such as `1.0` is another one once it was read. */
export function useAskRaw<K extends OperationId>(
  operation: K,
  request: Request<K>,
): UseQueryResult<{ readonly answer: Result<K>; readonly text: string }, PosthornApiError> {
  const { listening } = useSession()
  return useQuery({
    queryKey: [operation, request, 'raw'],
    queryFn: async ({ signal }) => {
      let text = ''
      const client = listening(async (response) => {
        text = await response.clone().text()
      })
      const call = client.call.bind(client) as unknown as AnyCall
      const answer = (await call(operation, { ...request, signal })) as Result<K>
      return { answer, text }
    },
  })
}

export interface Rows<R> {
  readonly rows: readonly R[]
  /** Nothing has come yet. */
  readonly pending: boolean
  readonly error: PosthornApiError | null
  readonly hasMore: boolean
  readonly loadingMore: boolean
  /** Of a search that stopped early: what is older was not looked at. */
  readonly searchedUntil: string | null
  readonly loadMore: () => void
  readonly reload: () => void
}

interface Page {
  readonly data: readonly unknown[]
  readonly next_cursor: string | null
  readonly searched_until?: string | null
}

/** The rows of a list, page by page as they are scrolled to. Only its first page is asked for again and again. */
export function useRows<K extends ListOperation>(
  operation: K,
  request: Request<K>,
  { every = LIVE_MS, enabled = true }: { every?: number | false; enabled?: boolean } = {},
): Rows<Row<K>> {
  const client = useClient()
  const live = useLiveState()
  const keyEnd = useKeyEnd()
  const call = client.call.bind(client) as unknown as AnyCall
  const given = request as Plain
  const found = useInfiniteQuery<Page, PosthornApiError, { pages: Page[] }, unknown[], string | null>({
    queryKey: [operation, 'rows', request, ...keyEnd],
    queryFn: ({ pageParam, signal }) => {
      const more = pageParam ? { limit: MORE_ROWS, cursor: pageParam } : { limit: FIRST_ROWS }
      const query = { ...(given.query as Plain), ...more }
      return call(operation, { ...given, query, signal }) as Promise<Page>
    },
    initialPageParam: null,
    enabled,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      (query.state.data?.pages.length ?? 0) <= 1 ? seldom(operation, every, live) : false,
    refetchOnWindowFocus: false,
  })
  return {
    rows: (found.data?.pages.flatMap((page) => page.data) ?? []) as Row<K>[],
    pending: found.isPending,
    error: troubleOf(found),
    hasMore: found.hasNextPage,
    loadingMore: found.isFetchingNextPage,
    searchedUntil: found.data?.pages.at(-1)?.searched_until ?? null,
    loadMore: () => void found.fetchNextPage(),
    reload: () => void found.refetch(),
  }
}

interface ChangeOptions {
  /** The page is left for another: what it shows is there no longer, and is not asked for again. */
  readonly leaves?: boolean
}

/** One operation that changes something. What the page shows is asked for again afterwards. */
export function useChange<K extends OperationId>(
  operation: K,
  done?: (answer: Result<K>) => void,
  { leaves = false }: ChangeOptions = {},
): UseMutationResult<Result<K>, PosthornApiError, Request<K>> {
  const client = useClient()
  const queries = useQueryClient()
  const call = client.call.bind(client) as unknown as AnyCall
  return useMutation<Result<K>, PosthornApiError, Request<K>>({
    meta: { leaves },
    mutationFn: (request) => call(operation, request as Plain) as Promise<Result<K>>,
    onSuccess: (answer) => {
      done?.(answer)
      void queries.invalidateQueries(leaves ? { refetchType: 'none' } : {})
    },
  })
}
