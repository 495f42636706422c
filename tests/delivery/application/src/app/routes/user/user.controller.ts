import { NextFunction, Request, Response, Router } from 'express';
import { login } from './user.service';

const router = Router();
router.post('/users/login', async (request: Request, response: Response, next: NextFunction) => {
  try {
    response.json({ user: await login(request.body.user.email) });
  } catch (error) {
    next(error);
  }
});

export default router;
