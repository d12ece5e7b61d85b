interface Props {
  page: number;
  pages: number;
  onGo: (page: number) => void;
}

/** From page to page, or straight to one. */
export function Pages({ page, pages, onGo }: Props) {
  if (pages <= 1) return null;
  return (
    <nav class="actions" aria-label="Pages of jobs">
      <button type="button" disabled={page <= 1} onClick={() => onGo(page - 1)}>
        Newer
      </button>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          const asked = Number(new FormData(event.currentTarget).get("page"));
          if (Number.isInteger(asked)) onGo(Math.min(pages, Math.max(1, asked)));
        }}
      >
        <label class="line">
          Page
          <input
            key={page}
            name="page"
            type="number"
            min={1}
            max={pages}
            defaultValue={String(page)}
            class="short"
          />
        </label>
        of {pages.toLocaleString("en")}
      </form>
      <button type="button" disabled={page >= pages} onClick={() => onGo(page + 1)}>
        Older
      </button>
    </nav>
  );
}
