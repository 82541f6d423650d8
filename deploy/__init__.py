"""The real servers, Kafka and Elasticsearch, as child processes: no Docker, no Java to install.

In the order in which a start meets them:

1. `errors`: everything that can go wrong, one class tree, one sentence each.
2. `embedded`: `start(data_dir)` starts both servers at once and hands back their addresses. Read this first.
3. `artifacts` with `artifacts.lock`: what is fetched from Maven Central, pinned by SHA-256 (`lock` writes that file).
4. `cache`: where it is kept, and who may read it; `accounts`: the user that Elasticsearch runs as below root.
5. `distribution`: the Java runtime, Kafka's jars, and Elasticsearch unpacked with `analysis_plugin`, ready to run.
6. `credentials`: certificates and passwords of the secured servers.
7. `kafka_server`, `elasticsearch_server`: configuration, start, readiness and stop of each, over `nodes`.
8. `guardian`: the small process above each server that ends it when its launcher is gone.
   `ports` finds free ports.
"""
