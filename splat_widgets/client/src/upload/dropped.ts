// The files of a drop. A folder gives its files, without those of its subfolders.

/** Must be called in the handler of the drop: later the browser has cleared its data. */
export function droppedFiles(data: DataTransfer): Promise<File[]> {
  const files = [...data.files];
  const entries = [...data.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return Promise.resolve(files);
  // Files and entries come in the same order; a folder appears among the files and cannot be read.
  const lists = entries.map((entry, i) =>
    entry?.isDirectory ? filesOf(entry as FileSystemDirectoryEntry) : [files[i]],
  );
  return Promise.all(lists).then((found) => found.flat());
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const found: FileSystemFileEntry[] = [];
  for (;;) {
    // Browsers return a hundred at a time, and an empty list at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) break;
    const isWanted = ({ isFile, name }: FileSystemEntry) => isFile && !name.startsWith(".");
    found.push(...(entries.filter(isWanted) as FileSystemFileEntry[]));
  }
  found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return Promise.all(
    found.map((entry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject))),
  );
}
