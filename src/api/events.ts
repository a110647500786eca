/*
 * Server-sent events, read with fetch: the browser's own EventSource cannot send who one is.
 */

/** One event, as it was sent. */
export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Takes a stream apart; what is no whole event yet stays for the next piece. */
export function eventParser(onEvent: (event: ServerEvent) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const blocks = (rest + piece).replace(/\r\n?/g, '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event.data) {
        onEvent(event);
      }
    }
  };
}

function parse(block: string): ServerEvent {
  const event: ServerEvent = { id: '', event: 'message', data: '' };
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'data') {
      event.data += (event.data && '\n') + value;
    } else if (name === 'id' || name === 'event') {
      event[name] = value;
    }
  }
  return event;
}

/**
 * Reads a stream of events to its end.
 * @param onOpen called when its first piece is there: a proxy may keep all of it to itself until the end
 * @param quiet how long nothing at all may come, in milliseconds, until it counts as broken
 * @throws when there is no such stream, or when it breaks
 */
export async function readEvents(
  request: (signal: AbortSignal) => Promise<Response>,
  onEvent: (event: ServerEvent) => void,
  { onOpen, signal, quiet }: { onOpen: () => void; signal: AbortSignal; quiet: number }
): Promise<void> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener('abort', stop);
  let watch = setTimeout(stop, quiet);
  try {
    const response = await request(abort.signal);
    if (!response.ok || !response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      throw new Error(`no stream of events: ${response.status}`);
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parsePiece = eventParser(onEvent);
    for (let first = true; ; first = false) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      if (first) {
        onOpen();
      }
      clearTimeout(watch);
      watch = setTimeout(stop, quiet);
      parsePiece(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener('abort', stop);
    abort.abort();
  }
}
