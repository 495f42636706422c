import { NextFunction, Request, Response, Router } from 'express';
import { getTags } from './tag.service';

const router = Router();
router.get('/tags', async (_request: Request, response: Response, next: NextFunction) => {
  try {
    response.json({ tags: await getTags() });
  } catch (error) {
    next(error);
  }
});

export default router;
