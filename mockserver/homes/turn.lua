-- Commit turns on a sandbox if nobody else has committed since, or say what they changed.
--
-- KEYS: sandbox (hash) · journal (stream) · turns (stream) · reservation (string)
-- ARGV: expected token · own token · replica · mode · journal size · time to live (ms) ·
--       times lost · number of fields, field, value … · number of removed, field … ·
--       number of entries, id, value …
-- Returns: {'done'} · {'busy'} · {'changed', token, field, value …} · {'unknown'}
--
-- A turn is written once, however often it is sent: its own token is found among the turns.

local sandbox, journal, turns, reservation = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, token, replica, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local journal_size, time_to_live, lost = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local position = 8

local function take()
  local value = ARGV[position]
  position = position + 1
  return value
end

local function take_list(width)
  local first = position + 1
  position = first + tonumber(ARGV[position]) * width
  return first, position - 1
end

local function in_chunks(first, last, call)
  for start = first, last, 1000 do
    call(unpack(ARGV, start, math.min(start + 999, last)))
  end
end

-- What the turns since the expected one changed; nil if they are no longer known.
local function changes_since()
  local names = {}
  for _, turn in ipairs(redis.call('XREVRANGE', turns, '+', '-', 'COUNT', 100)) do
    local fields = turn[2]
    if fields[2] == token then return 'done' end
    if fields[2] == expected then return names end
    if fields[3] == 'replaced' then return nil end
    for index = 4, #fields, 2 do names[fields[index]] = true end
  end
  return nil
end

local current = redis.call('HGET', sandbox, '@') or ''
if current ~= expected then
  local names = current == token and 'done' or changes_since()
  if names == 'done' then return {'done'} end
  if lost > 1 then redis.call('SET', reservation, replica, 'NX', 'PX', 20) end
  if not names or current == '' then return {'unknown'} end
  local answer = {'changed', current}
  for name in pairs(names) do
    table.insert(answer, name)
    table.insert(answer, redis.call('HGET', sandbox, name))
  end
  return answer
end
if mode == 'check' then return {'done'} end

local reserved_by = redis.call('GET', reservation)
if reserved_by and reserved_by ~= replica then return {'busy'} end
if reserved_by then redis.call('DEL', reservation) end

if mode ~= 'turn' then redis.call('DEL', sandbox, journal, turns) end
if mode == 'drop' then return {'done'} end

local record = {'t', token}
if mode == 'replace' then record = {'t', token, 'replaced', '1'} end
local first, last = take_list(2)
in_chunks(first, last, function(...) redis.call('HSET', sandbox, ...) end)
if mode == 'turn' then
  for index = first, last, 2 do
    table.insert(record, 'f')
    table.insert(record, ARGV[index])
  end
end
first, last = take_list(1)
in_chunks(first, last, function(...) redis.call('HDEL', sandbox, ...) end)
for index = first, last do
  table.insert(record, 'f')
  table.insert(record, ARGV[index])
end
first, last = take_list(2)
for index = first, last, 2 do
  redis.call('XADD', journal, 'MAXLEN', '~', journal_size, ARGV[index] .. '-1', 'e', ARGV[index + 1])
end
redis.call('HSET', sandbox, '@', token)
if #record > 2000 then record = {'t', token, 'replaced', '1'} end
redis.call('XADD', turns, 'MAXLEN', '~', 100, '*', unpack(record))
if time_to_live > 0 then
  for _, key in ipairs({sandbox, journal, turns}) do redis.call('PEXPIRE', key, time_to_live) end
end
return {'done'}
