-- Posts the file of the first argument with the content type of the second, and with further headers, names and values in turn;
-- prints what came of it as one line of JSON.
function init(args)
  if args[1] == nil then return end
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["content-type"] = args[2]
  for index = 3, #args - 1, 2 do wrk.headers[args[index]] = args[index + 1] end
  file:close()
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"failed":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d},' ..
      '"p50":%d,"p90":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99)
  ))
end
