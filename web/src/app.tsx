import { lazy, Suspense } from "preact/compat";
import { useEffect } from "preact/hooks";
import { isSignedIn, keyNeeded, lookAround, signInRequest, signOut } from "./api/session";
import { Announcer } from "./components/Announcer";
import { Problem } from "./components/Problem";
import { useTask } from "./components/task";
import { Exports } from "./pages/Exports";
import { Jobs } from "./pages/Jobs";
import { SignIn, SignInDialog } from "./pages/SignIn";
import { System } from "./pages/System";
import { hrefs, type Route, route } from "./router";

const NewJob = lazy(() => import("./pages/NewJob"));
const Result = lazy(() => import("./pages/Result"));

const PLACES = [
  { page: "jobs", href: hrefs.jobs(), name: "Jobs" },
  { page: "new", href: hrefs.newJob(), name: "New job" },
  { page: "exports", href: hrefs.exports(), name: "Exports" },
  { page: "system", href: hrefs.system(), name: "System" },
] as const;

export function App({ code }: { code: string | null }) {
  const look = useTask(lookAround);
  useEffect(() => void look.run(), []);
  if (keyNeeded.value === null) {
    return look.error ? (
      <main class="alone">
        <Problem error={look.error} onRetry={look.run} />
      </main>
    ) : null;
  }
  if (!isSignedIn.value && signInRequest.value === null) return <SignIn code={code} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <Header />
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<p class="quiet">Loading …</p>}>
          <Page route={route.value} />
        </Suspense>
      </main>
      {signInRequest.value && <SignInDialog reason={signInRequest.value.reason} />}
      <Announcer />
    </>
  );
}

function Header() {
  const here = route.value.page === "job" ? "jobs" : route.value.page;
  return (
    <header class="top">
      <a class="name" href={hrefs.jobs()}>
        VideoAnnotator
      </a>
      <nav aria-label="Pages">
        {PLACES.map((place) => (
          <a key={place.page} href={place.href} aria-current={place.page === here ? "page" : undefined}>
            {place.name}
          </a>
        ))}
      </nav>
      {keyNeeded.value ? (
        <button type="button" class="plain" onClick={() => void signOut()}>
          Sign out
        </button>
      ) : (
        <span class="badge warn" title="Whoever can reach this server can read and delete everything on it.">
          No key needed
        </span>
      )}
    </header>
  );
}

function Page({ route }: { route: Route }) {
  useEffect(() => {
    document.title = `${TITLES[route.page]} - VideoAnnotator`;
  }, [route.page]);
  switch (route.page) {
    case "jobs":
      return <Jobs query={route.query} />;
    case "new":
      return <NewJob />;
    case "job":
      return <Result key={route.id} jobId={route.id} query={route.query} />;
    case "exports":
      return <Exports ids={route.ids} />;
    case "system":
      return <System />;
    case "unknown":
      return (
        <section>
          <h1>There is no such page</h1>
          <p>
            Nothing lies at “{route.path}”. <a href={hrefs.jobs()}>Go to the jobs</a>
          </p>
        </section>
      );
  }
}

const TITLES: Record<Route["page"], string> = {
  jobs: "Jobs",
  new: "New job",
  job: "Result",
  exports: "Exports",
  system: "System",
  unknown: "No such page",
};
