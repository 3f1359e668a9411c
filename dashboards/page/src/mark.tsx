/** The plumb line: a beam, a line, a bob. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path class="mark-line" d="M10 3h12M16 3v12" />
      <path
        class="mark-bob"
        d="M11.5 15h9l-.6 5.2c-.2 1.5-1.3 2.9-1.9 4.3L16 30l-2-5.5c-.6-1.400-1.700-2.800-1.900-4.3z"
      />
    </svg>
  );
}
