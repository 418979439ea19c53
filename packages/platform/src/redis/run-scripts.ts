/** Asks for a run's stop: the flag of one that has ended expires. */
export const CANCEL = `
local status = redis.call("HGET", KEYS[2], "status")
if status == "queued" or status == "processing" then
  redis.call("SADD", KEYS[3], ARGV[2])
  return redis.call("SET", KEYS[1], "1")
end
return redis.call("SET", KEYS[1], "1", "EX", ARGV[1])`;

/** Does what queues a run once more, if it has ended; the state that it was in. */
export const REQUEUE = `
local status = redis.call("HGET", KEYS[1], "status")
if status == "completed" or status == "failed" then
  for _, command in ipairs(cjson.decode(ARGV[1])) do redis.call(unpack(command)) end
end
return status`;
