// The files of a drop; of a folder, those that lie in it, not those of its folders.

/** Must be called while the drop is handled: afterwards the browser has taken its data back. */
export function droppedFiles(data: DataTransfer): Promise<File[]> {
  const files = [...data.files];
  const entries = [...data.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return Promise.resolve(files);
  // Files and entries come in the same order; a folder is among the files as an unreadable one.
  const lists = entries.map((entry, i) =>
    entry?.isDirectory ? filesOf(entry as FileSystemDirectoryEntry) : [files[i]],
  );
  return Promise.all(lists).then((found) => found.flat());
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const found: FileSystemFileEntry[] = [];
  for (;;) {
    // Browsers give a hundred at a time, and none after the last.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) break;
    const isWanted = ({ isFile, name }: FileSystemEntry) => isFile && !name.startsWith(".");
    found.push(...(some.filter(isWanted) as FileSystemFileEntry[]));
  }
  found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return Promise.all(
    found.map((entry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject))),
  );
}
