// A jspurefix initiator with nothing of its own: the library, its file store and what the session
// description says, message checks on. The runner beside this folder says what to send, one line
// on stdin at a time, and reads one JSON line on stdout for each callback of the library.
//
//   node client.js CONFIG   a session description of jspurefix in JSON
//   stdin:  send 35=D|11=1|…   (60=now is stamped here)      logout
//   stdout: {"event":"logon"} {"event":"logout"} {"event":"app_in|app_out|admin_in|admin_out","fix":"8=…\u0001…"}
//
// The library's own log goes to stderr.
'use strict'

require('reflect-metadata')
const fs = require('fs')
const readline = require('readline')
const { AsciiSession, JsFixLoggerFactory, MsgTag, SessionLauncher, TagType } = require('jspurefix')

const ADMIN = new Set(['0', '1', '2', '3', '4', '5', 'A'])

function tell (event, fix) {
  process.stdout.write(JSON.stringify(fix === undefined ? { event } : { event, fix }) + '\n')
}

function log (kind, text) {
  process.stderr.write(`${kind} ${text.replaceAll('\x01', '|')}\n`)
}

class StderrLogFactory extends JsFixLoggerFactory {
  logger (type) {
    const line = level => message => log('event', `${level} ${type}: ${message}`)
    return {
      info: line('info'),
      warning: line('warning'),
      debug: () => {},
      error: error => log('event', `error ${type}: ${error.message}`)
    }
  }

  plain () { return this.logger('plain') }
}

// What an application does with a message: its fields by name, in components, in the types of the
// dictionary. Walks the dictionary's own description of the message, so it knows no message itself.
function objectOf (set, values) {
  const object = {}
  for (const field of set.fields) {
    const definition = field.definition
    if (definition.fields !== undefined) {
      if (definition.noOfField === undefined) {
        const nested = objectOf(definition, values)
        if (Object.keys(nested).length > 0) object[field.name] = nested
      }
    } else if (values.has(definition.tag)) {
      object[field.name] = typed(definition, values.get(definition.tag))
    }
  }
  return object
}

function typed (definition, text) {
  switch (definition.tagType) {
    case TagType.Int:
    case TagType.Float:
      return Number(text)
    case TagType.Boolean:
      return text === 'Y'
    case TagType.UtcTimestamp:
      if (text === 'now') return new Date()
      throw new Error(`${definition.name}(${definition.tag}) must be now, was ${text}`)
    default:
      return text
  }
}

class Client extends AsciiSession {
  constructor (config) {
    super(config)
    this.checkMsgIntegrity = true // an initiator of this library leaves the checks off unless asked
  }

  onLogon () { return true }

  onReady () {
    tell('logon')
    const lines = readline.createInterface({ input: process.stdin })
    lines.on('line', line => this.command(line))
    lines.on('close', () => this.done())
  }

  command (line) {
    if (line === 'logout') {
      this.done()
    } else if (line.startsWith('send ')) {
      const values = new Map(line.slice(5).split('|').map(field => {
        const equals = field.indexOf('=')
        return [Number(field.slice(0, equals)), field.slice(equals + 1)]
      }))
      const type = values.get(MsgTag.MsgType)
      const message = this.config.definitions.message.get(type)
      const object = objectOf(message, values)
      delete object.StandardHeader
      this.send(type, object, error => { if (error) log('event', `send: ${error.message}`) })
    }
  }

  // A view holds the tags as the parser cut and checked them.
  onApplicationMsg (type, view) {
    view.toObject()
    const tags = view.structure.tags
    const fields = []
    for (let i = 0; i < tags.nextTagPos; i++) {
      fields.push(`${tags.tagPos[i].tag}=${view.stringAtPosition(i)}\x01`)
    }
    tell('app_in', fields.join(''))
  }

  // The encoder and the decoder hand out text with | between fields.
  onEncoded (type, text) {
    log('out  ', text)
    tell(ADMIN.has(type) ? 'admin_out' : 'app_out', text.replaceAll('|', '\x01'))
  }

  onDecoded (type, text) {
    log('in   ', text)
    if (ADMIN.has(type)) tell('admin_in', text.replaceAll('|', '\x01'))
  }

  onStopped (error) {
    if (error) log('event', `stopped: ${error.message}`)
    tell('logout')
  }
}

class Launcher extends SessionLauncher {
  makeFactory () {
    return { makeSession: config => new Client(config) }
  }
}

const description = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))

new Launcher(description, null, new StderrLogFactory()).run()
  .then(() => { process.stdin.destroy() })
  .catch(error => {
    log('event', `run: ${error.message}`)
    process.exitCode = 1
    process.stdin.destroy()
  })
