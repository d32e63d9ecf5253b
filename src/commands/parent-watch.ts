/** How often the parent is looked at; a look is one system call. */
const LOOK_EVERY_MS = 100;

/**
 * Calls `listener` once when the process that started us is gone. `npm start` runs us under a shell that dies of the
 * signal npm passes on and keeps it to itself: without this the server would stay behind, owning port and storage.
 *
 * @param parentId reads the id of the parent; changes when it is gone and we belong to another
 * @returns a function that ends the watch
 */
export function watchParent(listener: () => void, parentId: () => number = () => process.ppid): () => void {
  const first = parentId();
  const timer = setInterval(() => {
    if (parentId() === first) return;
    clearInterval(timer);
    listener();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
