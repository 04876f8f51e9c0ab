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
import { useClient } from './session.tsx'

/** How often a page that shows what happens asks again; hidden pages do not. */
export const LIVE_MS = 5000

/** The types of one operation, wiped: they are checked where it is named. */
type Plain = Record<string, unknown>
type AnyCall = (operation: string, request: Plain) => Promise<unknown>

interface AskOptions<K extends OperationId> {
  readonly enabled?: boolean
  /** Ask again so often; `false` or left out: never. */
  readonly every?: number | false | ((answer: Result<K> | undefined) => number | false)
}

/** The answer of one operation. */
export function useAsk<K extends OperationId>(
  operation: K,
  request: Request<K>,
  { enabled = true, every = false }: AskOptions<K> = {},
): UseQueryResult<Result<K>, PosthornApiError> {
  const client = useClient()
  const call = client.call.bind(client) as unknown as AnyCall
  return useQuery<Result<K>, PosthornApiError>({
    queryKey: [operation, request],
    queryFn: ({ signal }) => call(operation, { ...request, signal }) as Promise<Result<K>>,
    enabled,
    refetchInterval: (query) =>
      typeof every === 'function' ? every(query.state.data as Result<K> | undefined) : every,
  })
}

export interface Rows<R> {
  readonly rows: readonly R[]
  /** Nothing has come yet. */
  readonly pending: boolean
  readonly error: PosthornApiError | null
  readonly hasMore: boolean
  readonly loadingMore: boolean
  readonly loadMore: () => void
  readonly reload: () => void
}

interface Page {
  readonly data: readonly unknown[]
  readonly next_cursor: string | null
}

/** The rows of a list, page by page as they are scrolled to. Only its first page is asked for again and again. */
export function useRows<K extends ListOperation>(
  operation: K,
  request: Request<K>,
  { every = LIVE_MS }: { every?: number | false } = {},
): Rows<Row<K>> {
  const client = useClient()
  const call = client.call.bind(client) as unknown as AnyCall
  const given = request as Plain
  const found = useInfiniteQuery<Page, PosthornApiError, { pages: Page[] }, unknown[], string | null>({
    queryKey: [operation, 'rows', request],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(given.query as Plain), limit: 100, ...(pageParam ? { cursor: pageParam } : {}) }
      return call(operation, { ...given, query, signal }) as Promise<Page>
    },
    initialPageParam: null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? every : false),
    refetchOnWindowFocus: false,
  })
  return {
    rows: (found.data?.pages.flatMap((page) => page.data) ?? []) as Row<K>[],
    pending: found.isPending,
    error: found.error,
    hasMore: found.hasNextPage,
    loadingMore: found.isFetchingNextPage,
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
    mutationFn: (request) => call(operation, request as Plain) as Promise<Result<K>>,
    onSuccess: (answer) => {
      done?.(answer)
      void queries.invalidateQueries(leaves ? { refetchType: 'none' } : {})
    },
  })
}
