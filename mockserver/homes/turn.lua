-- Commit turns on a sandbox if nobody else has committed since, or say what they changed.
--
-- KEYS: sandbox (hash) · journal (stream) · turns (stream) · reservation (string)
-- ARGV: header (MessagePack, see valkey.py) · names of changed fields (MessagePack), removed
--       ones last · values of the fields that are left · values of the journal entries
-- Returns: 'done' · 'reserved' · 'unknown' · {token, names (MessagePack), values} of what others
--       changed
--
-- A turn is written once, however often it is sent: its own token is found among the turns.

local sandbox, journal, turns, reservation = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local commit, names = cmsgpack.unpack(ARGV[1]), cmsgpack.unpack(ARGV[2])
local MANY = 1000  -- arguments of a call; a sandbox of which more changed is loaded again

-- The names of the fields that turns since the expected one changed, if they are known.
local function names_changed_since(limit)
  local changed, list = {}, {}
  for _, turn in ipairs(redis.call('XREVRANGE', turns, '+', '-', 'COUNT', limit)) do
    local token, changed_names = turn[2][2], turn[2][4]
    if token == commit.token then return 'done' end
    if token == commit.expected then return list end
    if changed_names == '' or #list > MANY then return nil end
    for _, name in ipairs(cmsgpack.unpack(changed_names)) do
      if not changed[name] then table.insert(list, name) end
      changed[name] = true
    end
  end
  return nil
end

local current = redis.call('HGET', sandbox, '@') or ''
if current == commit.token then return redis.status_reply('done') end
if current ~= commit.expected then
  local changed = names_changed_since(5) or names_changed_since(100)
  if changed == 'done' then return redis.status_reply('done') end
  if commit.times_lost > 1 then
    redis.call('SET', reservation, commit.replica, 'NX', 'PX', 20)
  end
  if not changed or #changed == 0 or current == '' then return redis.status_reply('unknown') end
  return {current, cmsgpack.pack(changed), redis.call('HMGET', sandbox, unpack(changed))}
end
if commit.mode == 'check' then return redis.status_reply('done') end

local reserved_by = redis.call('GET', reservation)
if reserved_by and reserved_by ~= commit.replica then
  return redis.status_reply('reserved')
end

-- A full store refuses only the first write of a script, and never a DEL.
if commit.mode == 'replace' then redis.call('HSET', sandbox, '@', commit.token) end
if commit.mode ~= 'turn' then redis.call('DEL', sandbox, journal, turns, reservation) end
if commit.mode == 'drop' then return redis.status_reply('done') end

local written, count = {'@', commit.token}, #names - commit.removed_count
for index = 1, count do
  written[2 * index + 1] = names[index]
  written[2 * index + 2] = ARGV[2 + index]
end
for first = 1, #written, MANY do
  redis.call('HSET', sandbox, unpack(written, first, math.min(first + MANY - 1, #written)))
end
for index = count + 1, #names do redis.call('HDEL', sandbox, names[index]) end
for index, id in ipairs(commit.entries) do
  redis.call('XADD', journal, 'MAXLEN', '~', commit.journal_size, id .. '-1',
    'e', ARGV[2 + count + index])
end
local changed = commit.mode == 'turn' and #names < MANY and ARGV[2] or ''
redis.call('XADD', turns, 'MAXLEN', '~', 100, '*', 't', commit.token, 'f', changed)
if commit.time_to_live > 0 then
  for _, key in ipairs({sandbox, journal, turns}) do
    redis.call('PEXPIRE', key, commit.time_to_live)
  end
end
if reserved_by then redis.call('DEL', reservation) end
return redis.status_reply('done')
