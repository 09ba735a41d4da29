// Asks npm's alexa-verifier for its verdicts. Its downloads are answered from what the test hands in: no network.
import { EventEmitter } from 'node:events'
import https from 'node:https'

let served = ''
https.get = (address, answer) => {
    const response = Object.assign(new EventEmitter(), { statusCode: 200, setEncoding() {} })
    setImmediate(() => {
        answer(response)
        response.emit('data', served)
        response.emit('end')
    })
    return new EventEmitter()
}

const { default: verify } = await import('alexa-verifier')

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { now, cases } = JSON.parse(Buffer.concat(chunks))

// It reads the clock on the wall, and the requests were signed when the tests began.
globalThis.Date = class extends Date {
    constructor(...given) {
        super(...(given.length ? given : [now]))
    }
}

const verdicts = {}
let number = 0
for (const [name, each] of Object.entries(cases)) {
    served = each.served
    // It keeps what it fetched by its address: a query of its own lets every case be fetched anew.
    const address = each.address && `${each.address}?${number++}`
    verdicts[name] = await verify(address, each.signature, each.body).then(() => 'accepted', error => String(error))
}
process.stdout.write(JSON.stringify(verdicts))
