-- Commit turns on a sandbox if nobody else has committed since, or say what they changed.
--
-- KEYS: sandbox (hash) · journal (stream) · turns (stream) · reservation (string)
-- ARGV: header (MessagePack: names of fields, ids of entries …) · values of the fields ·
--       values of the journal entries
-- Returns: 'done' · 'reserved' · 'unknown' · {token, field, value …} that others changed
--
-- A turn is written once, however often it is sent: its own token is found among the turns.

local sandbox, journal, turns, reservation = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local commit = cmsgpack.unpack(ARGV[1])
local MANY = 1000  -- fields; a sandbox of which a turn changes more is loaded again

local function status(text)
  return redis.status_reply(text)
end

local function in_chunks(list, call)
  for first = 1, #list, MANY do
    call(unpack(list, first, math.min(first + MANY - 1, #list)))
  end
end

-- The names of the fields that turns since the expected one changed, if they are known.
local function names_changed_since(limit)
  local changed = {}
  for _, turn in ipairs(redis.call('XREVRANGE', turns, '+', '-', 'COUNT', limit)) do
    local token, names = turn[2][2], turn[2][4]
    if token == commit.token then return 'done' end
    if token == commit.expected then return changed end
    if names == '' then return nil end
    for _, name in ipairs(cmsgpack.unpack(names)) do changed[name] = true end
  end
  return nil
end

local current = redis.call('HGET', sandbox, '@') or ''
if current == commit.token then return status('done') end
if current ~= commit.expected then
  local changed = names_changed_since(5) or names_changed_since(100)
  if changed == 'done' then return status('done') end
  if commit.times_lost > 1 then
    redis.call('SET', reservation, commit.replica, 'NX', 'PX', 20)
  end
  if not changed or current == '' then return status('unknown') end
  local answer = {current}
  for name in pairs(changed) do
    table.insert(answer, name)
    table.insert(answer, redis.call('HGET', sandbox, name))
  end
  return answer
end

local is_turn = not (commit.replaces or commit.drops)
if is_turn and #commit.fields + #commit.removed + #commit.entries == 0 then
  return status('done')
end

local reserved_by = redis.call('GET', reservation)
if reserved_by and reserved_by ~= commit.replica then return status('reserved') end
if reserved_by then redis.call('DEL', reservation) end

if not is_turn then redis.call('DEL', sandbox, journal, turns) end
if commit.drops then return status('done') end

local pairs_of_fields, names = {'@', commit.token}, {}
for index, name in ipairs(commit.fields) do
  table.insert(names, name)
  table.insert(pairs_of_fields, name)
  table.insert(pairs_of_fields, ARGV[1 + index])
end
for _, name in ipairs(commit.removed) do table.insert(names, name) end
in_chunks(pairs_of_fields, function(...) redis.call('HSET', sandbox, ...) end)
in_chunks(commit.removed, function(...) redis.call('HDEL', sandbox, ...) end)
for index, id in ipairs(commit.entries) do
  local entry = ARGV[1 + #commit.fields + index]
  redis.call('XADD', journal, 'MAXLEN', '~', commit.journal_size, id .. '-1', 'e', entry)
end
local changed = is_turn and #names <= MANY and cmsgpack.pack(names) or ''
redis.call('XADD', turns, 'MAXLEN', '~', 100, '*', 't', commit.token, 'f', changed)
if commit.time_to_live > 0 then
  for _, key in ipairs({sandbox, journal, turns}) do
    redis.call('PEXPIRE', key, commit.time_to_live)
  end
end
return status('done')
