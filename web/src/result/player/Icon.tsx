const PATHS = {
  play: "M7 4v16l13-8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  frameBack: "M18 5v14l-9-7zM6 5h2v14H6z",
  frameOn: "M6 5v14l9-7zM16 5h2v14h-2z",
  back10: "M12 5v14l-9-7zM21 5v14l-9-7z",
  on10: "M12 5v14l9-7zM3 5v14l9-7z",
  sound: "M3 9v6h4l5 4V5L7 9zM15 8q3 4 0 8l-1-1q2-3 0-6zM18 5q5 7 0 14l-1-1q4-6 0-12z",
  muted: "M3 9v6h4l5 4V5L7 9zM15 9l1-1 5 5-1 1zM20 8l1 1-5 5-1-1z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  );
}
