// Stand-in by the lead so that the others can build meanwhile; the author of src/text replaces this file.
export function isNginxErrorLine(_text: string): boolean {
  return false;
}
