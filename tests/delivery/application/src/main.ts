import express from 'express';
import * as bodyParser from 'body-parser';
import routes from './app/routes/routes';

const app = express();
app.use(bodyParser.json());
app.use(routes);
app.use(express.static(__dirname + '/assets'));
app.get('/', (_request: express.Request, response: express.Response) => {
  response.json({ status: 'API is running on /api' });
});
app.use((error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
  response.status(500).json(error.message);
});

const port = process.env.PORT || 3000;
app.listen(port, () => console.info(`server up on port ${port}`));
