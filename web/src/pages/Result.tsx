export default function Result({ jobId }: { jobId: string; query: URLSearchParams }) {
  return <h1>Job {jobId}</h1>;
}
