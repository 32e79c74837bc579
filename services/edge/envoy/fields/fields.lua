-- Refuses fields that the contracts do not have, in the bodies and queries of JSON requests, and adds
-- the list of an answer that has no entries.
--
-- Envoy runs this before its transcoder, which would ignore such a field of a body. The text of a
-- body is walked once, without building values. A text that is no JSON is left to the transcoder,
-- which refuses it; what its lenient reader takes beyond JSON is refused here.
--
-- The generated tables that stand before this text:
--   MESSAGES  number -> name of a field, in both spellings -> kind of its value
--   NAMES     number -> names of the fields as JSON has them, in the order of the contract
--   ROUTES    method -> verb after the colon of the path, or "" -> list of
--             { pattern of the path, kind of the query, kind of the body, list of the answer }
-- A kind is 0 for a value that is not looked into, n for message n, -n for a map of messages n.

local byte, find, floor, sub = string.byte, string.find, math.floor, string.sub

local METADATA = "envoy.filters.http.lua"
local MAX_DEPTH = 256
-- Names are compared by this many characters, so that a long one costs little.
local MAX_NAME = 64
local QUOTE, APOSTROPHE, COMMA = byte('"'), byte("'"), byte(",")
local OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST = byte("{"), byte("}"), byte("["), byte("]")

-- Names and indexes that lead to the value being walked.
local trail = {}
-- The refusal of the request being walked: its text, and the field.
local refusal, refused_field

local function plain(name)
  return (sub(name, 1, MAX_NAME):lower():gsub("[^%w]", ""))
end

-- Distance of two names in changes of one character; two swapped neighbours are one change.
local function changes(one, other)
  local before, last, row = {}, {}, {}
  for j = 0, #other do
    last[j] = j
  end
  for i = 1, #one do
    row = { [0] = i }
    for j = 1, #other do
      local a, b = byte(one, i), byte(other, j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a == b and 0 or 1))
      if i > 1 and j > 1 and a == byte(other, j - 1) and byte(one, i - 1) == b then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#other]
end

-- True if the letters of `short` occur in `long` in their order, the first letter first.
local function abbreviates(short, long)
  local at = 1
  for i = 1, #short do
    at = find(long, sub(short, i, i), at, true)
    if not at or (i == 1 and at > 1) then
      return false
    end
    at = at + 1
  end
  return #short > 1
end

-- How far a known name is from a written one; nil if too far.
local function farness(written, known)
  if written == known then
    return 0
  end
  if #written > 2 and (find(known, written, 1, true) == 1 or find(written, known, 1, true) == 1) then
    return 1
  end
  local count = changes(written, known)
  if count <= 1 + floor(#written / 4) then
    return 1 + count
  end
  if #written > 3 and find(known, written, 1, true) then
    return 20
  end
  return abbreviates(written, known) and 30 or nil
end

-- The path of a field with this very name at most three messages deeper, the shallowest first.
local function deeper(written, kind)
  local queue, first = { { kind, "", 0 } }, 1
  while queue[first] do
    local number, path, depth = unpack(queue[first])
    first = first + 1
    for _, name in ipairs(NAMES[number]) do
      if depth > 0 and plain(name) == written then
        return path .. name
      end
      local inner = MESSAGES[number][name]
      if inner > 0 and depth < 3 then
        queue[#queue + 1] = { inner, path .. name .. ".", depth + 1 }
      end
    end
  end
  return nil
end

local function nearest(name, kind)
  local written, best, least = plain(name), nil, nil
  for _, known in ipairs(NAMES[kind]) do
    local far = farness(written, plain(known))
    if far and (not least or far < least) then
      best, least = known, far
    end
  end
  if least ~= 0 then
    best = deeper(written, kind) or best
  end
  return best
end

local function joined(depth)
  local path = ""
  for i = 1, depth do
    local part = trail[i]
    if type(part) == "number" then
      path = path .. "[" .. part .. "]"
    else
      path = path .. (path == "" and "" or ".") .. sub(part, 1, MAX_NAME)
    end
  end
  return path
end

local function refuse_unknown(kind, depth)
  local above, near = joined(depth - 1), nearest(trail[depth], kind)
  refused_field = joined(depth)
  refusal = refused_field .. ": there is no such field; "
  if near then
    refusal = refusal .. "the nearest is " .. above .. (above == "" and "" or ".") .. near
  else
    refusal = refusal .. "the fields are " .. table.concat(NAMES[kind], ", ")
  end
end

-- The position after a string; `at` is after its opening quote.
local function past_string(text, at)
  while true do
    local stop = find(text, '["\\]', at)
    if not stop then
      return nil
    end
    if byte(text, stop) == QUOTE then
      return stop + 1
    end
    at = stop + 2
  end
end

local function unescaped(name)
  name = name:gsub("\\u(%x%x%x%x)", function(digits)
    local code = tonumber(digits, 16)
    return code < 128 and string.char(code) or "?"
  end)
  return (name:gsub("\\(.)", "%1"))
end

local past_object, past_list

-- The position after a value; nil if the text is refused, or no JSON.
local function past_value(text, at, kind, depth)
  at = find(text, "[^ \t\r\n]", at)
  if not at or depth > MAX_DEPTH then
    return nil
  end
  local first = byte(text, at)
  if first == QUOTE then
    return past_string(text, at + 1)
  elseif first == OPEN_OBJECT then
    return past_object(text, at + 1, kind, depth)
  elseif first == OPEN_LIST then
    return past_list(text, at + 1, kind, depth)
  elseif first == APOSTROPHE then
    refusal = "the body is not valid JSON: strings have double quotes"
    return nil
  end
  local stop = find(text, "[%]},%s]", at) or #text + 1
  return stop > at and stop or nil
end

past_object = function(text, at, kind, depth)
  while true do
    at = find(text, "[^ \t\r\n]", at)
    local first = at and byte(text, at)
    if not at or first == CLOSE_OBJECT then
      return at and at + 1
    elseif first == COMMA then
      at = at + 1
    elseif first == QUOTE then
      local stop = past_string(text, at + 1)
      local _, colon = find(text, "^[ \t\r\n]*:", stop or #text + 1)
      if not colon then
        return nil
      end
      local name, inner = sub(text, at + 1, stop - 2), kind < 0 and -kind or 0
      if kind > 0 then
        inner = MESSAGES[kind][name]
        if inner == nil then
          name = unescaped(name)
          inner = MESSAGES[kind][name]
        end
      end
      trail[depth] = name
      if inner == nil then
        refuse_unknown(kind, depth)
        return nil
      end
      at = past_value(text, colon + 1, inner, depth + 1)
      if not at then
        return nil
      end
    else
      refusal = "the body is not valid JSON: names of fields have double quotes"
      return nil
    end
  end
end

past_list = function(text, at, kind, depth)
  local index = 0
  while true do
    at = find(text, "[^ \t\r\n]", at)
    local first = at and byte(text, at)
    if not at or first == CLOSE_LIST then
      return at and at + 1
    elseif first == COMMA then
      at, index = at + 1, index + 1
    else
      trail[depth] = index
      at = past_value(text, at, kind, depth + 1)
      if not at then
        return nil
      end
    end
  end
end

local function unquoted(text)
  text = text:gsub("%+", " ")
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function check_query(query, kind)
  for name in query:gmatch("([^&=]+)[^&]*") do
    local inner, depth = kind, 0
    for part in unquoted(name):gmatch("[^.]+") do
      depth = depth + 1
      trail[depth] = part
      local known = MESSAGES[inner] and MESSAGES[inner][part]
      if inner > 0 and known == nil then
        return refuse_unknown(inner, depth)
      end
      inner = known or 0
    end
  end
end

local function route_of(method, path)
  local routes = ROUTES[method]
  -- A name may have a colon too.
  local verb = path:match(":([^/:]*)$")
  for _, route in ipairs(routes and (routes[verb] or routes[""]) or {}) do
    if find(path, route[1]) then
      return route
    end
  end
  return nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(UNKNOWN_FIELD)
  local path, query = headers:get(":path"):match("^([^?#]*)%??([^#]*)")
  if not find(path, PATHS) then
    return
  end
  local route = route_of(headers:get(":method"), path)
  if not route then
    handle:respond({ [":status"] = "404" }, "no method")
    return
  end
  if route[4] then
    handle:streamInfo():dynamicMetadata():set(METADATA, "list", route[4])
  end
  refusal, refused_field = nil, nil
  check_query(query, route[2])
  if not refusal and route[3] then
    local body = handle:body()
    if body then
      -- Another request may have run since: `handle:body` waits for all of the body.
      refusal, refused_field = nil, nil
      past_value(body:getBytes(0, body:length()), 1, route[3], 1)
    end
  end
  if refusal then
    if refused_field then
      -- Headers taken before the wait for the body are no longer valid.
      handle:headers():replace(UNKNOWN_FIELD, (refused_field:gsub("[^%w_.%[%]-]", "?")))
    end
    handle:respond({ [":status"] = "400" }, (refusal:gsub("[^ -~]", "?")))
  end
end

function envoy_on_response(handle)
  local told = handle:streamInfo():dynamicMetadata():get(METADATA)
  local name = told and told["list"]
  if not name or handle:headers():get(":status") ~= "200" then
    return
  end
  local body = handle:body()
  if not body then
    return
  end
  -- It is the first field, so it comes first.
  local start = '{"' .. name .. '":'
  local length = body:length()
  if body:getBytes(0, math.min(length, #start)) == start then
    return
  end
  local rest = body:getBytes(1, length - 1)
  body:setBytes(start .. "[]" .. (rest == "}" and "" or ",") .. rest)
end
