-- One kind of request, told by the environment, and at the end one line of JSON. Times are in microseconds.
-- No request() and no response(): wrk then writes the same bytes every time and spends nothing on Lua.
local body_bytes = tonumber(os.getenv("BENCH_BODY_BYTES") or "0")
local authorization = os.getenv("BENCH_AUTHORIZATION")

wrk.method = os.getenv("BENCH_METHOD") or "GET"
if body_bytes > 0 then
  local head, tail = '{"filter":{"processDefinitionId":"', '"}}'
  wrk.body = head .. string.rep("x", body_bytes - #head - #tail) .. tail
  wrk.headers["Content-Type"] = "application/json"
end
if authorization then wrk.headers["Authorization"] = authorization end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"p999":%d,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status
  ))
end
