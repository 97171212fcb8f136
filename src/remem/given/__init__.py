"""Models that are given: judged as arms of a run, and one request for deletion as a document."""
