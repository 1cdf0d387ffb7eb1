import { useEffect, useState } from "preact/hooks";

const SETTLED_MS = 600;

/** What is typed, once the typing pauses: nobody is corrected in the middle of a word. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === settled ? settled : "";
}
