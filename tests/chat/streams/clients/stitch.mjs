// A fetch that comes back by itself: the answers of several connections as one body, each taken up at the last event id.
const SERVER = process.env.SERVER;

export const address = (protocol, log, options = {}) =>
  `${SERVER}/${protocol}/${log}?${new URLSearchParams(Object.entries(options).map(([k, v]) => [k, String(v)]))}`;

/** Fetch `first`; when it ends without an end of the stream, go on at `next` with Last-Event-ID. */
export function stitching(first, next, isEnd) {
  let requests = 0;
  const fetcher = async (_url, init) => {
    const body = new ReadableStream({
      async start(controller) {
        let last = "0";
        for (let round = 0; round < 50; round++) {
          requests++;
          const response = await fetch(round === 0 ? first : next(round), {
            ...init,
            headers: { ...init.headers, "Last-Event-ID": last },
          });
          let text = "";
          const decoder = new TextDecoder();
          try {
            for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
          } catch {
            // Reset: what came in whole events counts.
          }
          const events = text.split("\n\n").slice(0, -1);
          for (const event of events) {
            const id = event.split("\n").find((line) => line.startsWith("id: "));
            if (id) last = id.slice(4);
            controller.enqueue(new TextEncoder().encode(event + "\n\n"));
          }
          if (events.some(isEnd)) break;
        }
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  return { fetcher, requests: () => requests };
}
