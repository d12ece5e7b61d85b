import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Task<A extends unknown[]> {
  /** Do it; resolves when it has ended, with whether it went well. */
  run: (...input: A) => Promise<boolean>;
  busy: boolean;
  error: Error | null;
  clear: () => void;
}

/** Work that takes a while: whether it is being done, and what went wrong. What a former start still says is ignored. */
export function useTask<A extends unknown[]>(work: (...input: A) => Promise<unknown>): Task<A> {
  const [state, setState] = useState<{ busy: boolean; error: Error | null }>({ busy: false, error: null });
  const latest = useRef(0);
  const alive = useRef(true);
  const current = useRef(work);
  current.current = work;
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const run = useCallback(async (...input: A) => {
    latest.current += 1;
    const mine = latest.current;
    const say = (next: { busy: boolean; error: Error | null }) => {
      if (alive.current && mine === latest.current) setState(next);
    };
    say({ busy: true, error: null });
    try {
      await current.current(...input);
      say({ busy: false, error: null });
      return true;
    } catch (error) {
      const stopped = error instanceof DOMException && error.name === "AbortError";
      say({ busy: false, error: stopped ? null : (error as Error) });
      return false;
    }
  }, []);
  const clear = useCallback(() => setState({ busy: false, error: null }), []);
  return { run, ...state, clear };
}
