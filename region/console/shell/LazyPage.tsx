import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Unread, Waiting } from "../ui/ProblemNote.tsx";

/** What a page is given: the parts of its address. */
export interface PageProps {
  readonly params: Readonly<Record<string, string | undefined>>;
}

export type LazyPage = ComponentType<PageProps> & { readonly load: () => Promise<unknown> };

/** A page whose code is loaded when it is first shown, or a little before by `load`. */
export function lazyPage(
  get: () => Promise<{ readonly default: ComponentType<PageProps> }>,
): LazyPage {
  let Loaded: ComponentType<PageProps> | undefined;
  const load = async () => {
    Loaded ??= (await get()).default;
  };
  function Lazy(props: PageProps) {
    const [error, setError] = useState<unknown>();
    const [, setLoaded] = useState(Loaded !== undefined);
    const tryLoading = () => {
      setError(undefined);
      load().then(() => setLoaded(true), setError);
    };
    useEffect(() => {
      if (!Loaded) tryLoading();
    }, []);
    if (error !== undefined) {
      // A new version of the region may have replaced the files that this page knows of.
      return (
        <div class="page">
          <Unread error={error} onRetry={() => location.reload()} />
        </div>
      );
    }
    return Loaded ? <Loaded {...props} /> : <Waiting />;
  }
  return Object.assign(Lazy, { load });
}
