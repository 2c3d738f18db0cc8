// The contract: a nodejs service listens on port 8080.
const app = require('express')();

app.get('/', (req, res) => {
  res.type('text').send('Hello from express, ' + process.version + '\n');
});
app.listen(8080, () => console.log('listening on port 8080'));
